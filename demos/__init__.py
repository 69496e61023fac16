"""The demos: each shows one thing on real input, and says what its figure shows."""

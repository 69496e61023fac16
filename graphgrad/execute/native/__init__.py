"""The native backend: a graph as one program of machine code, by LLVM and BLAS."""

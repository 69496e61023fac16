"""Elementary functions of scalars in registers, as straight code that vectorises."""

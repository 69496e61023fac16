"""Every comparison of compiled programs with their peers, in one run.

What a figure is about, and how it is measured, is in the scripts that are called here.
"""

import building  # isort: skip  it sets the BLAS threads
import compiled
import convolution
import normalised
import recurrent
import scalars


def main():
    for script in (compiled, normalised, convolution, recurrent, scalars, building):
        script.main()
        print()


if __name__ == "__main__":
    main()

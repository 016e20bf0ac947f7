# SPDX-License-Identifier: MIT
"""What the scripts of this folder take on their command lines."""
import argparse


def count_from(low, high):
    """A type for argparse: a whole number in these bounds."""
    def read(text):
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f'"{text}" is no whole number from {low} to {high}')
        return int(text)
    return read

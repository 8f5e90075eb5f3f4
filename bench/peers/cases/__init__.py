# SPDX-License-Identifier: Apache-2.0
"""The cases of sweep.py: one module a family of operators, each with all_cases()."""
from cases import control, dense, moving, pooling, quantized, recurrent, resize

FAMILIES = (recurrent, quantized, resize, moving, pooling, dense, control)


def all_cases():
    return [case for family in FAMILIES for case in family.all_cases()]

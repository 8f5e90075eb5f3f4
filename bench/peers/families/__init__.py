# SPDX-License-Identifier: Apache-2.0
"""Networks of the kinds that apps carry, defined in the frameworks they come from, exported to ONNX."""

"""all-MiniLM-L6-v2 on ONNX Runtime.

Prepared once by `prepare`, then run by `model` without torch or a network.
"""

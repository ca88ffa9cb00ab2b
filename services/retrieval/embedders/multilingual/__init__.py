"""multilingual-e5-small on ONNX Runtime, for chatbots in other languages than English.

Prepared by `prepare` where a chatbot needs it, then run by the code that runs the built-in model for English.
"""

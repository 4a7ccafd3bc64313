"""Fuzzing: inputs made from bytes, played against covermock in this process, judged by promises that hold for all."""

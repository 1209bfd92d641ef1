"""The local side: what a strategy sees and does, the same code in every mode."""

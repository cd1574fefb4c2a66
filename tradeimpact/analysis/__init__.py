"""Putting the model to the test: replay by day, backtest, claims scored, updating, what verifying is worth."""

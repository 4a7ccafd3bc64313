"""An island of facts and the rules that keep them. Pure: time and chance are arguments."""

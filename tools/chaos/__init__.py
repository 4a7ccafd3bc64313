"""`covermock serve` over a real Redis under load, while both are killed, frozen, filled, emptied and cut off."""

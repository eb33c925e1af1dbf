"""The credential file as a store: it is replaced as a whole, and its neighbours are kept with it."""

"""What each operation does: typed functions that know neither Strawberry nor HTTP."""

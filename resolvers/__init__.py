"""The operations of the API as plain typed functions, independent of Strawberry and HTTP."""

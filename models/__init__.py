"""The MongoDB documents of the application, and the domain rules that apply to them."""

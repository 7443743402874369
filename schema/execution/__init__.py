"""From a document to its answer: parse, validate, price, compile and execute."""

"""The rules of visits: pure, one module per kind of stream."""

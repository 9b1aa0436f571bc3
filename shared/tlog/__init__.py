"""A transparency log by the book: RFC 6962's tree, tiles and signed notes of C2SP. It knows neither our logs nor any table."""

"""RFC 7643, 7644 and 9865 as a library on plain JSON values; it knows neither events nor tables nor the clock."""

package parse

func isLower(c byte) bool { return c-'a' < 26 }

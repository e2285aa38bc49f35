// Signatures agreed on, bodies to come: each moves to Operations/<Name>.swift with its derivative, and this file goes away.
func pending() -> Never { stop("pending", "not built yet") }


package parse

// knotDialect describes what Knot DNS logs when it denies a transfer or an update.
func knotDialect() dialect {
	return dialect{
		Format: Format{
			Name:    "knot",
			Devices: "Knot DNS, Knot Resolver",
			Sample:  "Nov 21 10:00:00 n knotd[99]: notice: [example.com.] ACL, denied, action transfer, remote 10.0.0.5@53412 TCP",
			Reads:   "Who is denied, with port.",
			Enable:  "On by default.",
			Source:  "Knot DNS documentation, logging section",
		},
		known: "tag or first words of knot",
		tags:  []string{"knotd", "kresd"},
		kind:  file,
		read:  nsdKnot,
	}
}

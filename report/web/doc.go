// Package web serves the pages of uncloak serve: what the network does now, the report of each day, and the answers to
// questions, for a browser with or without script. It shows what report/api answers, in the words of report, and asks
// for nothing outside. It never parses a line, judges nothing, and sends no text of the network unescaped. Whoever is
// let in may read everything, and may acknowledge findings.
package web

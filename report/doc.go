// Package report turns findings and days into words and pictures: text for a terminal, JSON, a self-contained HTML
// page, Markdown and CSV. Build makes a Model once; the writers only render it. Sentences state only facts that a
// finding holds, and text that came from the network is escaped where it is written. The package reads no clock, opens
// no file, and asks the store only through its contract.
package report

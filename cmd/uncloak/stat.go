package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"uncloak/ingest"
	"uncloak/ingest/wire"
	"uncloak/report/api"
)

// grid holds a table as `uncloak stat` prints it: names of columns, and rows of numbers and words.
type grid struct {
	columns []string
	rows    [][]any
}

func (g *grid) add(row ...any) { g.rows = append(g.rows, row) }

// statOptions holds the flags of `uncloak stat`.
type statOptions struct {
	format   string
	interval time.Duration
	filter   []string
	proto    string
	when     windowFlags
	host     string
	router   string
}

func (a *app) statCommand() *cobra.Command {
	var opt statOptions
	cmd := &cobra.Command{Use: "stat TABLE [FILE]",
		Short: "Tables of a capture or of what is stored: intervals, conversations, endpoints, requests, resets",
		Long: "Counts the frames of a packet capture (pcap or pcapng, compressed or not; standard input without a\n" +
			"file or for \"-\"). Nothing is stored. With --data, --day, --from, --to, --host or --router, and on a\n" +
			"terminal without a file, it counts what the store holds instead. The tables are\n" +
			"  io         frames and bytes of each interval, and of those with TCP and UDP in them\n" +
			"  conv       what two endpoints said to each other; the one that sent first comes first\n" +
			"  endpoints  what each address sent and got\n" +
			"  http       requests by client, server, host and path\n" +
			"  dns        questions to name servers by client, server, type and name\n" +
			"  rst        packets with RST by sender, port and receiver\n" +
			"  counts     frames by what they hold (of captures alone)\n" +
			"Bytes are those on the wire, links and tunnels included, as tshark counts them. Within a tunnel the\n" +
			"inner and the outer packet both count.\n\n" +
			"Of what is stored, frames and bytes are those that the lines tell, both ways together (of captures the\n" +
			"bytes of payload), in io spread evenly over the time that a session lasted. What no line tells is\n" +
			"empty (- as text, null in JSON), and how many sessions lack it is said on standard error.",
		Example: "uncloak stat io --interval 10s lan.pcap\n" +
			"uncloak stat conv --proto tcp lan.pcap.gz\n" +
			"uncloak stat dns --day yesterday --host 192.168.1.20\n" +
			"tcpdump -i lo -w - | uncloak stat rst -",
		ValidArgs: []string{"io", "conv", "endpoints", "http", "dns", "rst", "counts"},
		Args:      cobra.RangeArgs(1, 2)}
	cmd.Flags().StringVar(&opt.format, "format", "text", "text, csv or json")
	cmd.Flags().DurationVar(&opt.interval, "interval", 10*time.Second, "of the table io")
	cmd.Flags().StringSliceVar(&opt.filter, "filter", []string{"tcp", "udp"}, "columns of the table io: all, tcp, udp")
	cmd.Flags().StringVar(&opt.proto, "proto", "tcp", "of the tables conv and endpoints: tcp, udp, ip or ipv6")
	opt.when.add(cmd)
	cmd.Flags().StringVar(&opt.host, "host", "", "of what is stored: address, network or name of a host on either side")
	cmd.Flags().StringVar(&opt.router, "router", "", "of what is stored: name of the router")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		make, err := opt.table(args[0])
		if err != nil {
			return err
		}
		stored := slices.ContainsFunc([]string{"data", "day", "from", "to", "host", "router"}, cmd.Flags().Changed)
		switch {
		case stored && len(args) > 1:
			return usagef("stat counts a file, or what is stored: leave out %s, or the flags of the store", args[1])
		case stored && args[0] == "counts":
			return usagef("the table counts is of captures: of what is stored there are io, conv, endpoints, http, " +
				"dns and rst")
		case stored || len(args) == 1 && a.typing() && args[0] != "counts":
			return a.storedTable(cmd, args[0], &opt)
		}
		path := "-"
		if len(args) > 1 {
			path = args[1]
		}
		tables, damage := a.capturedTables(path, opt.interval)
		if tables == nil {
			return damage
		}
		if err := make(tables).write(a.stdout, opt.format); err != nil {
			return err
		}
		return damage
	}
	return cmd
}

// typing reports whether standard input is a terminal.
func (a *app) typing() bool {
	f, ok := a.stdin.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// storedTable prints a table of what is stored.
func (a *app) storedTable(cmd *cobra.Command, name string, opt *statOptions) error {
	v := opt.when.values()
	v.Set("table", name)
	v.Set("proto", opt.proto)
	v.Set("interval", opt.interval.String())
	set(v, "host", opt.host)
	set(v, "router", opt.router)
	return a.get(cmd, "/v1/stat", v, "", func(r io.Reader) error {
		var s api.Stat
		d := json.NewDecoder(r)
		d.UseNumber() // counts of 64 bits
		if err := d.Decode(&s); err != nil {
			return fmt.Errorf("read the answer: %w", err)
		}
		return (&grid{columns: s.Columns, rows: s.Rows}).write(a.stdout, opt.format)
	})
}

// table checks the flags and returns the function that makes the table of that name.
func (o *statOptions) table(name string) (func(*wire.Tables) *grid, error) {
	kinds := map[string]int{"tcp": wire.ByTCP, "udp": wire.ByUDP, "ip": wire.ByIPv4, "ipv6": wire.ByIPv6}
	kind, known := kinds[o.proto]
	switch {
	case !known:
		return nil, usagef("--proto %q: want tcp, udp, ip or ipv6", o.proto)
	case o.interval < time.Millisecond:
		return nil, usagef("--interval %v: want at least 1ms", o.interval)
	case !slices.Contains([]string{"text", "csv", "json"}, o.format):
		return nil, usagef("--format %q: want text, csv or json", o.format)
	}
	for _, f := range o.filter {
		if f != "all" && f != "tcp" && f != "udp" {
			return nil, usagef("--filter %q: want all, tcp or udp, with commas between them", f)
		}
	}
	switch name {
	case "io":
		return func(t *wire.Tables) *grid { return intervalGrid(t, o.filter) }, nil
	case "conv":
		return func(t *wire.Tables) *grid { return conversationGrid(t, kind) }, nil
	case "endpoints":
		return func(t *wire.Tables) *grid { return endpointGrid(t, kind == wire.ByIPv6) }, nil
	case "http":
		return func(t *wire.Tables) *grid { return askedGrid(t, t.HTTP(), "method", "request") }, nil
	case "dns":
		return func(t *wire.Tables) *grid { return askedGrid(t, t.DNS(), "type", "name") }, nil
	case "rst":
		return resetGrid, nil
	case "counts":
		return countGrid, nil
	}
	return nil, usagef("there is no table %q: want io, conv, endpoints, http, dns, rst or counts", name)
}

// capturedTables counts a capture. Where it is damaged, the tables are those of the part before, and the error says so.
func (a *app) capturedTables(path string, interval time.Duration) (*wire.Tables, error) {
	in, err := ingest.OpenUnpacked(path, a.stdin)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	r, err := wire.NewReader(in)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	tables := wire.NewTables(interval)
	var d wire.Decoder
	var f wire.Frame
	for {
		if err := r.Next(&f); errors.Is(err, io.EOF) {
			return tables, nil
		} else if err != nil {
			return tables, fmt.Errorf("%s: %w: the tables hold the %d frames before", path, err, tables.Counts.Frames)
		}
		tables.Add(&f, d.Decode(&f))
	}
}

// since returns the time of a frame in seconds after the first frame.
func since(t *wire.Tables, at int64) float64 { return float64(at-t.Counts.FirstFrame) / 1e9 }

func intervalGrid(t *wire.Tables, filter []string) *grid {
	g := &grid{columns: []string{"from_s"}}
	for _, f := range filter {
		g.columns = append(g.columns, f+"_frames", f+"_bytes")
	}
	for _, i := range t.Intervals() {
		row := []any{i.From.Seconds()}
		for _, f := range filter {
			n := map[string]wire.Amount{"all": i.All, "tcp": i.TCP, "udp": i.UDP}[f]
			row = append(row, n.Frames, n.Bytes)
		}
		g.add(row...)
	}
	return g
}

func conversationGrid(t *wire.Tables, kind int) *grid {
	g := &grid{columns: []string{"a", "b", "frames_ab", "bytes_ab", "frames_ba", "bytes_ba", "frames", "bytes",
		"start_s",
		"duration_s"}}
	for _, c := range t.Conversations(kind) {
		a, b := c.A.String(), c.B.String()
		if kind == wire.ByIPv4 || kind == wire.ByIPv6 {
			a, b = c.A.Addr().String(), c.B.Addr().String()
		}
		g.add(a, b, c.AB.Frames, c.AB.Bytes, c.BA.Frames, c.BA.Bytes, c.AB.Frames+c.BA.Frames, c.AB.Bytes+c.BA.Bytes,
			since(t, c.First), float64(c.Last-c.First)/1e9)
	}
	slices.SortStableFunc(g.rows, func(a, b []any) int { return int(int64(b[6].(uint64)) - int64(a[6].(uint64))) })
	return g
}

func endpointGrid(t *wire.Tables, v6 bool) *grid {
	g := &grid{columns: []string{"address", "frames", "bytes", "tx_frames", "tx_bytes", "rx_frames", "rx_bytes"}}
	for _, e := range t.Endpoints(v6) {
		g.add(e.Addr.String(), e.Sent.Frames+e.Got.Frames, e.Sent.Bytes+e.Got.Bytes, e.Sent.Frames, e.Sent.Bytes,
			e.Got.Frames, e.Got.Bytes)
	}
	slices.SortStableFunc(g.rows, func(a, b []any) int { return int(int64(b[1].(uint64)) - int64(a[1].(uint64))) })
	return g
}

func askedGrid(t *wire.Tables, rows []*wire.Asked, what, name string) *grid {
	g := &grid{columns: []string{"count", "client", "server", "port", what, name, "first_s", "last_s"}}
	for _, r := range rows {
		g.add(r.Count, addressWord(r.Client), addressWord(r.Server), r.Port, shown(r.What), shown(r.Name),
			since(t, r.First),
			since(t, r.Last))
	}
	return g
}

func resetGrid(t *wire.Tables) *grid {
	g := &grid{columns: []string{"count", "sender", "port", "receiver", "first_s", "last_s", "per_s"}}
	for _, r := range t.Resets() {
		rate := 0.0
		if r.Last > r.First {
			rate = float64(r.Count-1) / (float64(r.Last-r.First) / 1e9)
		}
		g.add(r.Count, addressWord(r.Client), r.Port, addressWord(r.Server), since(t, r.First), since(t, r.Last), rate)
	}
	return g
}

// addressWord writes an address, or "" in the row that sums up the rows beyond the bound.
func addressWord(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// shown makes a word from the network harmless on a terminal.
func shown(s string) string {
	q := strconv.QuoteToGraphic(s)
	return q[1 : len(q)-1]
}

func countGrid(t *wire.Tables) *grid {
	c := &t.Counts
	g := &grid{columns: []string{"what", "count"}}
	for _, row := range []struct {
		what string
		n    uint64
	}{{"frames", c.Frames}, {"bytes", c.Bytes}, {"captured_bytes", c.Captured}, {"truncated_frames", c.Truncated},
		{"frames_without_time", c.Untimed}, {"tcp", c.TCP}, {"udp", c.UDP}, {"ip", c.IPv4}, {"ipv6", c.IPv6},
		{"arp", c.ARP},
		{"icmp", c.ICMP}, {"tcp_syn", c.SYN}, {"tcp_rst", c.RST}, {"icmp_errors", c.ICMPErrors},
		{"icmpv6_errors", c.ICMPv6Errors}, {"dns_questions", c.DNSQuestions}, {"dns_answers", c.DNSAnswers},
		{"http_requests", c.HTTPRequests}, {"http_responses", c.HTTPResponses},
		{"beyond_conversations", c.OtherConversations.Frames}, {"beyond_endpoints", c.OtherEndpoints.Frames},
		{"beyond_intervals", c.OtherPeriods.Frames}} {
		g.add(row.what, row.n)
	}
	return g
}

// write prints the table: aligned, as CSV with a heading, or as a JSON array of objects.
func (g *grid) write(w io.Writer, format string) error {
	switch format {
	case "csv":
		c := csv.NewWriter(w)
		_ = c.Write(g.columns)
		for _, row := range g.rows {
			_ = c.Write(cells(row, ""))
		}
		c.Flush()
		return c.Error()
	case "json":
		return g.json(w)
	}
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, strings.Join(g.columns, "\t")+"\t")
	for _, row := range g.rows {
		fmt.Fprintln(t, strings.Join(cells(row, "-"), "\t")+"\t")
	}
	return t.Flush()
}

// json writes the rows as objects with the columns as keys, in their order.
func (g *grid) json(w io.Writer) error {
	out := bufio.NewWriter(w)
	out.WriteByte('[')
	for i, row := range g.rows {
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteString("\n{")
		for j, v := range row {
			if j > 0 {
				out.WriteByte(',')
			}
			b, err := json.Marshal(v)
			if err != nil {
				return err
			}
			fmt.Fprintf(out, "%q:%s", g.columns[j], b)
		}
		out.WriteByte('}')
	}
	out.WriteString("\n]\n")
	return out.Flush()
}

// cells returns the values of a row as text, with a word for those that are not known; seconds have six decimals.
func cells(row []any, unknown string) []string {
	out := make([]string, len(row))
	for i, v := range row {
		switch v := v.(type) {
		case nil:
			out[i] = unknown
		case float64:
			out[i] = strconv.FormatFloat(v, 'f', 6, 64)
		case json.Number:
			out[i] = v.String()
			if f, err := v.Float64(); err == nil && strings.ContainsAny(out[i], ".e") {
				out[i] = strconv.FormatFloat(f, 'f', 6, 64)
			}
		default:
			out[i] = fmt.Sprint(v)
		}
	}
	return out
}

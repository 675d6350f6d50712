package ingest

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// linesOf reads a text as an import does, in pieces of one byte and at once.
func linesOf(t *testing.T, text string) []string {
	t.Helper()
	var both [2]string
	for i, r := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text))} {
		cut := false
		b, err := io.ReadAll(plain(bufio.NewReaderSize(r, 256<<10), &cut, false))
		if err != nil {
			t.Fatal(err)
		}
		both[i] = string(b)
	}
	if both[0] != both[1] {
		t.Errorf("at once:\n%s\nbyte by byte:\n%s", both[0], both[1])
	}
	return strings.Split(strings.TrimSuffix(both[0], "\n"), "\n")
}

// TestRecords turns records of several lines into one line each.
func TestRecords(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"json-pretty": {"{\n\t\"_HOSTNAME\" : \"gw1\",\n\t\"MESSAGE\" : [\n\t\t104,\n\t\t105\n\t],\n\t\"PRIORITY\" : " +
			"\"4\"\n}\n{\n\t\"MESSAGE\" : \"a {b} \\\"c\\\" [d\"\n}\n",
			`{"_HOSTNAME":"gw1","MESSAGE":[104,105],"PRIORITY":"4"}|{"MESSAGE":"a {b} \"c\" [d"}`},
		"json-seq of pretty records": {"\x1e{\n\t\"MESSAGE\" : \"a\"\n}\n\x1e{\n\t\"MESSAGE\" : \"b\"\n}\n",
			`{"MESSAGE":"a"}|{"MESSAGE":"b"}`},
		"dmesg -J": {"{\n   \"dmesg\": [\n      {\n         \"pri\": 4,\n         \"time\":  1093.418157,\n         " +
			"\"msg\": \"a\"\n      },{\n         \"pri\": 4,\n         \"time\":  1094.418157,\n         \"msg\": " +
			"\"b\"\n      }\n   ]\n}\n",
			`{"pri":4,"time":1093.418157,"msg":"a"}|{"pri":4,"time":1094.418157,"msg":"b"}`},
		"an array": {"[{\"message\":\"a\"},\n {\"message\":\"b\",\"events\":[{\"x\":1}]}]\n",
			`{"message":"a"}|{"message":"b","events":[{"x":1}]}`},
		"hits": {`{"took":3,"hits":{"total":{"value":2},"hits":[{"_index":"i",` +
			`"_source":{"message":"a","data":[{"k":1}]}},{"_source":{"message":"b"}}]}}` + "\n",
			`{"_index":"i","_source":{"message":"a","data":[{"k":1}]}}|{"_source":{"message":"b"}}`},
		"streams of Loki": {`{"status":"success","data":{"resultType":"streams",` +
			`"result":[{"stream":{"host":"gw1"},"values":[["1795867202000000000","a ` +
			`\"[x]\""],["1795867203000000000","b",{"m":"n"}]]}],"stats":{}}}` + "\n",
			`{"stream":{"host":"gw1"},"ts":"1795867202000000000","line":"a ` +
				`\"[x]\""}|{"stream":{"host":"gw1"},"ts":"1795867203000000000","line":"b"}`},
		"a torn record": {"{\n\t\"MESSAGE\" : \"a\",\n\t\"_PID\"\n{\n\t\"MESSAGE\" : \"b\"\n}\n",
			`{"MESSAGE":"a","_PID"|{"MESSAGE":"b"}`},
		"text between records": {"{\n\t\"MESSAGE\" : \"a\"\n}\n-- Boot 1 --\n{\n\t\"MESSAGE\" : \"b\"\n}\n",
			`{"MESSAGE":"a"}|-- Boot 1 --|{"MESSAGE":"b"}`},
		"an object a line": {"{\"MESSAGE\":\"a\"}\n{\"MESSAGE\":\"b\"}\n", `{"MESSAGE":"a"}|{"MESSAGE":"b"}`},
		"uptimes":          {"[ 5632.359712] a\n[ 5632.359713] b\n", "[ 5632.359712] a|[ 5632.359713] b"},
		"verbose": {"Sat 2026-11-28 13:13:21.000000 CST [s=92dc;i=1;b=11;m=f4240;t=66155f0d6fe40;x=74]\n    " +
			"_HOSTNAME=gw1\n    SYSLOG_IDENTIFIER=kernel\n    MESSAGE=a\n            and b\n" +
			"Sat 2026-11-28 13:13:22.000000 CST [s=92dc;i=2;b=11;m=f4240;t=66155f0ede1a0;x=74]\n    MESSAGE=[46B " +
			"blob data]\n-- Boot 2 --\n",
			`{"__REALTIME_TIMESTAMP":"1795871601000000","_HOSTNAME":"gw1","SYSLOG_IDENTIFIER":"kernel",` +
				`"MESSAGE":"a\nand b"}|{"__REALTIME_TIMESTAMP":"1795871602500000"}|-- Boot 2 --`},
		"tcpdump -v": {"tcpdump: listening on eth0\n2026-11-21 20:27:59.000000 IP (tos 0x0, ttl 64, proto ICMP (1), " +
			"length 72)\n    192.168.50.1 > 192.168.50.10: ICMP host 198.51.100.9 unreachable, length 52\n\tIP (tos " +
			"0x0, ttl 63, proto TCP (6), length 44)\n    192.168.50.10.40312 > 198.51.100.9.80: Flags [S], length " +
			"0\n2026-11-21 20:28:00.000000 ARP, Ethernet (len 6), IPv4 (len 4), Request who-has 10.0.0.1 tell " +
			"10.0.0.2, length 28\n",
			"tcpdump: listening on eth0|2026-11-21 20:27:59.000000 IP (tos 0x0, ttl 64, proto ICMP (1), length 72) " +
				"192.168.50.1 > 192.168.50.10: ICMP host 198.51.100.9 unreachable, length 52 IP (tos 0x0, ttl 63, " +
				"proto TCP (6), length 44) 192.168.50.10.40312 > 198.51.100.9.80: Flags [S], length 0|2026-11-21 " +
				"20:28:00.000000 ARP, Ethernet (len 6), IPv4 (len 4), Request who-has 10.0.0.1 tell 10.0.0.2, length " +
				"28"},
		"tcpdump -v -#": {"    1  20:27:59.000000 IP (tos 0x0, ttl 64, length 40)\n    192.168.50.10.1 > " +
			"192.168.50.1.2: Flags [S], length 0\n    2  20:28:00.000000 IP (tos 0x0, ttl 64, length 40)\n    " +
			"192.168.50.10.1 > 192.168.50.1.2: Flags [.], length 0\n",
			"    1  20:27:59.000000 IP (tos 0x0, ttl 64, length 40) 192.168.50.10.1 > 192.168.50.1.2: Flags [S], " +
				"length 0|    2  20:28:00.000000 IP (tos 0x0, ttl 64, length 40) 192.168.50.10.1 > 192.168.50.1.2: " +
				"Flags [.], length 0"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := strings.Join(linesOf(t, c.in), "|"); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// What is never closed is bounded: an object, and the lines of a packet.
func TestRecordsAreBounded(t *testing.T) {
	longest := 0
	for _, l := range linesOf(t, "{\n"+strings.Repeat("\"a\":[\"xxxxxxxx\",\n", 200_000)) {
		longest = max(longest, len(l))
	}
	if longest > jsonRecordMax+16 {
		t.Errorf("an object of %d bytes", longest)
	}
	values := strings.TrimSuffix(strings.Repeat(`["1",""],`, 50_000), ",")
	stream := `{"streams":[{"stream":{"a":"` + strings.Repeat("x", 400_000) + `"},"values":[` + values + `]}]}`
	cut := false
	n, err := io.Copy(io.Discard, plain(bufio.NewReaderSize(strings.NewReader(stream+"\n"), 256<<10), &cut, false))
	if err != nil || n > int64(32*len(stream)) {
		t.Errorf("a stream of %d bytes became %d: %v", len(stream), n, err)
	}
	packet := "20:27:59.000000 IP (tos 0x0, length 40)\n    10.0.0.1.1 > 10.0.0.2.2: Flags [S], length 0\n"
	for _, l := range linesOf(t, packet+strings.Repeat("\t0x0000:  4500 0028\n", 100_000)) {
		if len(l) > rowMax {
			t.Errorf("a packet of %d bytes", len(l))
		}
	}
}

// What goes on without an end within a row of a listing is bounded, too.
func TestListedRowsAreBounded(t *testing.T) {
	n, longest := 0, 0
	for _, l := range linesOf(t, "session info: proto=6\n"+strings.Repeat("hook=post dir=org act=snat\n", 100_000)+
		"session info: proto=17\n") {
		n, longest = n+1, max(longest, len(l))
	}
	if n != 2 || longest > rowMax || longest < rowMax-64 {
		t.Errorf("%d rows, the longest has %d bytes", n, longest)
	}
}

// FuzzRecords cuts texts of records in all ways: no text is a panic, and none holds more than a bound allows.
func FuzzRecords(f *testing.F) {
	for _, s := range []string{"{\n\t\"MESSAGE\" : \"a\"\n}\n",
		`{"status":"success","data":{"result":[{"stream":{},"values":[["1","a"]]}]}}`,
		"{\"dmesg\": [\n{\"msg\":\"a\"},{\"msg\":\"b\"}]}",
		"Sat 2026-11-28 13:13:21 UTC [s=1;i=1;t=66;x=7]\n    MESSAGE=a\n      b\n",
		"20:27:59.000000 IP (tos 0x0, length 40)\n    10.0.0.1.1 > 10.0.0.2.2: Flags [S], length 0\n",
		"session info: proto=6\nhook=post dir=org act=snat\n", "Session ID: 1, Policy name: a\n  In: a\n",
		"5 in use, 5 most used\nTCP a\n  b\n", "Pro Inside global\ntcp a\n create b\n", " 0 SAC protocol=tcp\n  b\n",
		"[{\"a\":[[1]]}]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		cut := false
		b, err := io.ReadAll(plain(bufio.NewReaderSize(strings.NewReader(text), 256<<10), &cut, false))
		if err != nil || len(b) > 64*len(text)+1024 {
			t.Error(fmt.Errorf("%d bytes became %d: %w", len(text), len(b), err))
		}
	})
}

package scan_test

import (
	"fmt"

	"uncloak/parse/scan"
)

func ExampleWord() {
	w, rest := scan.Word([]byte("  Built outbound TCP"))
	fmt.Printf("%q %q\n", w, rest)
	// Output: "Built" "outbound TCP"
}

func ExampleAddr() {
	fmt.Println(scan.Addr([]byte("192.0.2.1")), scan.Addr([]byte("::ffff:192.0.2.1")), scan.Addr([]byte("192.0.2.x")))
	// Output: 192.0.2.1 192.0.2.1 invalid IP
}

func ExampleEndpoint() {
	fmt.Println(scan.Endpoint([]byte("[2001:db8::1]:443")))
	fmt.Println(scan.Endpoint([]byte("2001:db8::1")))
	// Output:
	// 2001:db8::1 443
	// 2001:db8::1 0
}

func ExampleHostPort() {
	fmt.Println(scan.HostPort([]byte("10.1.2.1/22"), '/'))
	// Output: 10.1.2.1 22
}

func ExamplePortRange() {
	fmt.Println(scan.PortRange([]byte("1024-2047")))
	// Output: 1024 2047 true
}

func ExampleNumber() {
	fmt.Println(scan.Number([]byte("1052")))
	fmt.Println(scan.Number([]byte("1052 bytes")))
	// Output:
	// 1052 true
	// 0 false
}

func ExampleMillionths() {
	v, rest, ok := scan.Millionths([]byte("24.038 ms"))
	fmt.Printf("%d %q %t\n", v, rest, ok)
	// Output: 24038000 " ms" true
}

func ExampleAfter() {
	fmt.Printf("%s\n", scan.Until(scan.After([]byte("drop from 192.0.2.1, port 80"), "from "), ","))
	// Output: 192.0.2.1
}

func ExamplePairWalk() {
	w := scan.PairWalk{Rest: []byte(`action=deny msg="no rule" srcport=80`), Sep: ' '}
	for key, val, ok := w.Next(); ok; key, val, ok = w.Next() {
		fmt.Printf("%s: %s\n", key, val)
	}
	// Output:
	// action: deny
	// msg: no rule
	// srcport: 80
}

func ExampleJSONReader() {
	j := scan.JSONReader{B: []byte(`"_HOSTNAME":"gw","MESSAGE":"a \"b\""}`)}
	for key, ok := j.Key(); ok; key, ok = j.Key() {
		val, _ := j.Value()
		fmt.Printf("%s: %s\n", key, val)
	}
	// Output:
	// _HOSTNAME: gw
	// MESSAGE: a "b"
}

package play_test

import (
	"context"
	"fmt"
	"net"

	"uncloak/ingest"
	"uncloak/ingest/play"
)

func ExampleRun() {
	receiver, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer receiver.Close()
	cfg := play.Config{Network: "udp", Address: receiver.LocalAddr().String(), Senders: 1, Count: 3}
	lines := []ingest.Message{{Text: []byte("<13>Nov 21 20:28:01 gw app: one")}}
	sum, err := play.Run(context.Background(), cfg, lines)
	fmt.Println(sum.Lines, "lines,", sum.Bytes, "bytes", err)
	// Output: 3 lines, 93 bytes <nil>
}

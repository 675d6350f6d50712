package main

import (
	"fmt"
	"net"
	"path/filepath"
	"testing"
	"time"
)

// TestDeviceSenders: datagrams as devices write them, without a year, a host or a newline, or with a NUL. Each is
// stored, and understood.
func TestDeviceSenders(t *testing.T) {
	for name, write := range map[string]func(i int) string{
		"MikroTik": func(i int) string {
			return fmt.Sprintf("firewall,info nat-new forward: in:bridge out:ether1, connection-state:new src-mac "+
				"02:00:00:00:00:01, proto TCP (SYN), 192.168.88.%d:%d->198.18.0.7:443, len 60", i%200+2, 1024+i)
		},
		"MikroTik BSD": func(i int) string {
			return fmt.Sprintf("<134>%s MikroTik nat-new forward: in:bridge out:ether1, connection-state:new src-mac "+
				"02:00:00:00:00:01, proto UDP, 192.168.88.%d:%d->198.18.0.7:53, len 60",
				time.Now().UTC().Format(time.Stamp), i%200+2, 1024+i)
		},
		"ASA": func(i int) string {
			return fmt.Sprintf("<166>%s: %%ASA-6-302013: Built outbound TCP connection %d for outside:198.18.0.7/443 "+
				"(198.18.0.7/443) to inside:192.168.1.%d/%d (203.0.113.5/%d)\x00",
				time.Now().UTC().Format("Jan _2 2006 15:04:05"), i, i%200+2, 1024+i, 1024+i)
		},
		"ASA without a time": func(i int) string {
			return fmt.Sprintf("<166>%%ASA-6-302015: Built outbound UDP connection %d for outside:198.18.0.7/53 "+
				"(198.18.0.7/53) to inside:192.168.1.%d/%d (203.0.113.5/%d)\n", i, i%200+2, 1024+i, 1024+i)
		},
	} {
		t.Run(name, func(t *testing.T) {
			data := filepath.Join(t.TempDir(), "data")
			d := serve(t, data)
			c, err := net.Dial("udp", d.udp)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			const n = 500
			for i := range n {
				if _, err := fmt.Fprint(c, write(i)); err != nil {
					t.Fatal(err)
				}
			}
			stored(t, data, n)
			if code := d.stop(); code != 0 {
				t.Errorf("exit %d", code)
			}
			if got := count(t, data, "--kind", "session-new"); got != n {
				t.Errorf("%d of %d are new sessions", got, n)
			}
		})
	}
}

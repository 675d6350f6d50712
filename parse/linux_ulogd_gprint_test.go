package parse

import "testing"

func TestUlogdGprint(t *testing.T) {
	checkAll(t, []says{
		{"flow", "orig.ip.saddr=10.9.0.2,orig.ip.daddr=203.0.113.5,orig.ip.protocol=6,orig.l4.sport=41039,orig.l4.dport=80,orig.raw.pktlen=321,orig.raw.pktcount=6,reply.ip.saddr=203.0.113.5,reply.ip.daddr=198.51.100.1,reply.ip.protocol=6,reply.l4.sport=80,reply.l4.dport=41039,reply.raw.pktlen=217,reply.raw.pktcount=4,ct.mark=0,ct.id=2572910789,ct.event=4,flow.start.sec=1795871092,flow.start.usec=670772,flow.end.sec=1795871212,flow.end.usec=675063,oob.family=2,oob.protocol=0",
			`{"event":"session-end","dialect":"ulogd-gprint","time":"2026-11-28T13:06:52.675063Z","proto":"tcp","src":"10.9.0.2","sport":41039,"dst":"203.0.113.5","dport":80,"nat_src":"198.51.100.1"}`},
		{"new flow", "orig.ip.saddr=10.9.0.2,orig.ip.daddr=203.0.113.5,orig.ip.protocol=17,orig.l4.sport=41039,orig.l4.dport=53,reply.ip.saddr=203.0.113.5,reply.ip.daddr=198.51.100.1,ct.event=1,flow.start.sec=1795871092,flow.start.usec=670772",
			`{"event":"session-new","time":"2026-11-28T13:04:52.670772Z","proto":"udp"}`},
		{"packet", "oob.prefix=DROP ,oob.in=eth0,ip.saddr=192.0.2.7,ip.daddr=10.0.0.2,ip.protocol=6,tcp.sport=40000,tcp.dport=22,tcp.syn=1,tcp.ack=0",
			`{"event":"session-denied","src":"192.0.2.7","dport":22,"in_if":"eth0"}`},
		{"no addresses", "oob.prefix=DROP,oob.in=eth0", `{"event":"unknown"}`},
	})
}

func TestUlogdFlowXML(t *testing.T) {
	checkAll(t, []says{
		{"ended", `<flow><meta direction="original"><layer3 protonum="2" protoname="ipv4"><src>10.9.0.2</src><dst>203.0.113.5</dst></layer3><layer4 protonum="17" protoname="udp"><sport>59434</sport><dport>53</dport></layer4></meta><meta direction="reply"><layer3 protonum="2" protoname="ipv4"><src>203.0.113.5</src><dst>198.51.100.1</dst></layer3><layer4 protonum="17" protoname="udp"><sport>53</sport><dport>59434</dport></layer4></meta><meta direction="independent"><id>1</id></meta><when><hour>13</hour><min>16</min><sec>08</sec><wday>7</wday><day>28</day><month>11</month><year>2026</year></when></flow>`,
			`{"event":"session-end","stamp":"2026-11-28T13:16:08","src":"10.9.0.2","nat_src":"198.51.100.1"}`},
		{"a listing", `<flow><meta direction="original"><layer3><src>10.9.0.2</src><dst>203.0.113.5</dst></layer3></meta><meta direction="independent"><timeout>30</timeout></meta><when><hour>13</hour><min>16</min><sec>08</sec><day>28</day><month>11</month><year>2026</year></when></flow>`, `{"event":"entry"}`},
	})
}

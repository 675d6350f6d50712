package parse

import (
	"strings"
	"testing"
)

func TestAlarms(t *testing.T) {
	checkAll(t, []says{
		{"panic", "Kernel panic - not syncing: Attempted to kill init!", `{"event":"alarm","alarm":"kernel-panic"}`},
		{"oops", "[ 1.5] Internal error: Oops: 17 [#1] PREEMPT SMP ARM", `{"event":"alarm","alarm":"kernel-oops"}`},
		{"hard lockup", "NMI watchdog: Watchdog detected hard LOCKUP on cpu 1", `{"alarm":"soft-lockup"}`},
		{"watchdog is on", "NMI watchdog: Enabled. Permanently consumes one hw-PMU counter.", `{"event":"system","alarm":null}`},
		{"lost write", "kernel: EXT4-fs warning (device sda1): ext4_end_bio:323: I/O error 10 writing to inode 5", `{"alarm":"io-error"}`},
		{"disk command", "sd 0:0:0:0: [sda] tag#0 FAILED Result: hostbyte=DID_OK driverbyte=DRIVER_SENSE", `{"alarm":"io-error"}`},
		{"journal", "EXT4-fs (sda1): Remounting filesystem read-only", `{"alarm":"fs-error"}`},
		{"mount", "EXT4-fs (sda1): mounted filesystem with ordered data mode", `{"event":"system","alarm":null}`},
		{"watchdog since 6.6", "kernel: r8169 0000:01:00.0 eth0: NETDEV WATCHDOG: CPU: 0: transmit queue 0 timed out 5368 ms", `{"alarm":"netdev-watchdog","detail":"r8169"}`},
		{"firmware", "kernel: brcmfmac: brcmf_fw_crashed: Firmware has halted or crashed", `{"alarm":"firmware-crash"}`},
		{"temperature", "kernel: CPU1: Package temperature/speed normal", `{"event":"system","alarm":null}`},
		{"SEIL", "kernel: nat session is full", `{"event":"table-full"}`},
		{"resolver", "dnsmasq[1]: nameserver 192.0.2.53 refused to do a recursive query", `{"event":"alarm","alarm":"dnsmasq-refused"}`},
		{"answer of a server", "dnsmasq[1]: nameserver 192.0.2.53 is fine", `{"event":"system"}`},
		{"tunnel", "openvpn[812]: Initialization Sequence Completed", `{"event":"system","dialect":"daemon"}`},
	})
}

// A line of severity err or above that no dialect knows keeps severity and shape; numbers and addresses do not part sorts.
func TestSevere(t *testing.T) {
	for _, c := range []struct {
		line  string
		state State
		shape string
	}{
		{"<3>Nov 21 20:28:21 gw kernel: foo 0000:01:00.0: register 0x1f80 of 192.0.2.7: gone", ErrorLevel, "kernel: foo #: register #x# of #: gone"},
		{"<26>Nov 21 20:28:21 gw food[7]: lost 5 frames", CriticalLevel, "food: lost # frames"},
		{"<29>Nov 21 20:28:21 gw food[7]: lost 5 frames", NoState, ""},
		{"Nov 21 20:28:21 gw food[7]: lost 5 frames", NoState, ""},
		{"<35>Nov 21 20:28:21 gw sshd[7]: error: maximum authentication attempts exceeded for root from 192.0.2.1 port 22 ssh2 [preauth]", NoState, ""},
		{"<3>Nov 21 20:28:21 gw kernel: Kernel panic - not syncing: x", NoState, "kernel-panic"},
		{"<3>Nov 21 20:28:21 gw kernel: nf_conntrack: table full, dropping packet", NoState, ""},
		{"<27>Nov 21 20:28:21 gw food[7]: " + strings.Repeat("word ", 50), ErrorLevel, ("food: " + strings.Repeat("word ", 50))[:64]},
	} {
		rec := parseLine(c.line)
		if rec.State != c.state || rec.Aside.String() != c.shape {
			t.Errorf("%s: state %v, %q; want %v, %q", c.line, rec.State, rec.Aside, c.state, c.shape)
		}
	}
}

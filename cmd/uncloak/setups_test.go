package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// startDebian and startOpenWrt are what a router says as it starts, in the order of its log: Debian 12 with systemd and
// rsyslog, and OpenWrt 23.05 with procd and logd.
const startDebian = `kernel: [    0.000000] Linux version 6.1.0-18-amd64 (debian-kernel@lists.example.org) (gcc-12) #1 SMP PREEMPT_DYNAMIC
kernel: [    0.000000] Command line: BOOT_IMAGE=/boot/vmlinuz-6.1.0-18-amd64 root=/dev/vda1 ro quiet
kernel: [    0.000000] BIOS-provided physical RAM map:
kernel: [    0.000000] BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff] usable
kernel: [    0.000000] NX (Execute Disable) protection: active
kernel: [    0.000000] Hypervisor detected: KVM
kernel: [    0.000007] tsc: Detected 2399.996 MHz processor
kernel: [    0.003821] Zone ranges:
kernel: [    0.052113] smpboot: Allowing 2 CPUs, 0 hotplug CPUs
kernel: [    0.311002] random: crng init done
kernel: [    0.400210] pci 0000:00:1f.2: [8086:2922] type 00 class 0x010601
kernel: [    0.410210] ACPI: bus type PCI registered
kernel: [    0.710077] Serial: 8250/16550 driver, 4 ports, IRQ sharing enabled
kernel: [    1.020077] virtio_net virtio0 enp1s0: renamed from eth0
kernel: [    1.120077] usb 1-1: new high-speed USB device number 2 using xhci_hcd
kernel: [    1.130077] hub 1-0:1.0: 4 ports detected
kernel: [    1.220077] input: QEMU QEMU USB Tablet as /devices/pci0000:00/0000:00:02.1/usb1/1-1/input/input4
kernel: [    1.320077] scsi host0: ahci
kernel: [    1.420077] Freeing unused kernel image (initmem) memory: 2660K
kernel: [    1.520077] Run /init as init process
kernel: [    2.020077] EXT4-fs (vda1): mounted filesystem with ordered data mode. Quota mode: none.
systemd[1]: Detected virtualization kvm.
systemd[1]: Queued start job for default target graphical.target.
systemd[1]: Reached target network-online.target - Network is Online.
systemd[1]: Started cron.service - Regular background program processing daemon.
systemd-modules-load[231]: Inserted module 'nf_conntrack'
systemd-udevd[245]: Using default interface naming scheme 'v252'.
systemd-timesyncd[402]: Initial clock synchronization to Sat 2026-11-21 10:00:09 UTC.
cron[455]: (CRON) INFO (Running @reboot jobs)
sshd[502]: Server listening on 0.0.0.0 port 22.
rsyslogd: [origin software="rsyslogd" swVersion="8.2302.0" x-pid="460" x-info="https://www.rsyslog.com"] start
dbus-daemon[447]: [system] AppArmor D-Bus mediation is enabled`

const startOpenWrt = `kernel: [    0.000000] Booting Linux on physical CPU 0x0
kernel: [    0.000000] Machine model: Example Router AX1
kernel: [    0.000000] Kernel command line: console=ttyS0,115200
kernel: [    0.320000] spi-nor spi0.0: w25q128 (16384 Kbytes)
kernel: [    0.330000] 5 fixed-partitions partitions found on MTD device spi0.0
kernel: [    0.340000] Creating 5 MTD partitions on "spi0.0":
kernel: [    0.350000] 0x000000000000-0x000000030000 : "u-boot"
kernel: [    0.900000] mtdblock: MTD device 'rootfs' is NAND, please consider using UBI block devices instead.
kernel: [    1.000000] VFS: Mounted root (squashfs filesystem) readonly on device 31:4.
kernel: [    1.500000] init: Console is alive
kernel: [    2.000000] kmodloader: loading kernel modules from /etc/modules-boot.d/*
kernel: [    2.500000] procd: - early -
kernel: [    3.500000] procd: - init -
kernel: [    5.000000] mount_root: switching to jffs2 overlay
kernel: [    6.000000] mt7530 mdio-bus:1f lan1: configuring for phy/gmii link mode
kernel: [    6.100000] br-lan: port 1(lan1) entered blocking state
kernel: [    6.200000] br-lan: port 1(lan1) entered forwarding state
kernel: [    6.300000] device lan1 entered promiscuous mode
kernel: [    7.000000] ath10k_pci 0000:01:00.0: pci irq msi oper_irq_mode 2 irq_mode 0 reset_mode 0
procd: - init complete -
netifd: Interface 'lan' is enabled
netifd: Interface 'lan' is now up
netifd: Network device 'eth0' link is up
netifd: bridge 'br-lan' link is up
netifd: wan (1821): udhcpc: started, v1.36.1
netifd: wan (1821): udhcpc: sending discover
dnsmasq[1]: started, version 2.90 cachesize 1000
dnsmasq-dhcp[1]: DHCP, IP range 192.168.10.100 -- 192.168.10.249, lease time 12h
odhcpd[1450]: Using a RA lifetime of 0 seconds on br-lan
dropbear[1210]: Not backgrounding
hostapd: phy0-ap0: interface state UNINITIALIZED->COUNTRY_UPDATE
hostapd: phy0-ap0: AP-ENABLED
ntpd[1890]: ntp peers reachable: 2
urngd: v1.0.2 started.
firewall: Reloading firewall due to ifup of wan (eth0)`

// TestSetUpsEndWell takes in the log of a router that is set up as docs/receiving.md says and that has just started:
// all of it is understood, and check finds nothing wrong.
func TestSetUpsEndWell(t *testing.T) {
	packet := "IN=br-lan OUT=eth1 MAC=02:00:00:00:00:01:02:00:00:00:00:02:08:00 SRC=192.168.10.7 DST=198.51.100.%d " +
		"LEN=60 TOS=0x00 PREC=0x00 TTL=63 ID=1 DF PROTO=TCP SPT=%d DPT=443 WINDOW=64240 RES=0x00 SYN URGP=0"
	tuple := "tcp      6 120 SYN_SENT src=192.168.10.7 dst=198.51.100.%d sport=%d dport=443 [UNREPLIED] " +
		"src=198.51.100.9 dst=203.0.113.2 sport=443 dport=4711"
	for name, c := range map[string]struct{ start, session string }{
		"nftables":  {startDebian, "kernel: [   60.100000] NEW " + packet},
		"iptables":  {startDebian, "kernel: [   60.100000] NEW " + packet + " "},
		"conntrack": {startDebian, "conntrack: [1795255261.123456] \t    [NEW] " + tuple},
		"OpenWrt":   {startOpenWrt, "kernel: [   60.100000] NEW " + packet},
	} {
		t.Run(name, func(t *testing.T) {
			at := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
			var log strings.Builder
			write := func(text string) {
				fmt.Fprintf(&log, "<%d>%s gw %s\n", map[bool]int{true: 6, false: 30}[strings.HasPrefix(text, "kernel")],
					at.Format(time.Stamp), text)
				at = at.Add(time.Second)
			}
			for range 3 { // it starts three times
				for l := range strings.Lines(c.start) {
					write(strings.TrimSuffix(l, "\n"))
				}
				for i := range 20 {
					write(fmt.Sprintf(c.session, i+1, 40000+i))
				}
			}
			data := filepath.Join(t.TempDir(), "data")
			ok(t, log.String(), "import", "--data", data, "--timezone", "UTC", "--captured-at", "2026-11-21 11:00", "-")
			r := uncloak(t, "", "check", "--data", data, "--timezone", "UTC", "--udp", "127.0.0.1:0", "--tcp", "")
			if r.code != 0 || !strings.Contains(r.out, "FINE") || strings.Contains(r.out, "not understood") {
				t.Errorf("code %d\n%s%s", r.code, r.out, r.errOut)
			}
			text := ok(t, "", "report", "--data", data, "--timezone", "UTC", "--day", "2026-11-21")
			words := strings.Join(strings.Fields(text), " ")
			if !strings.Contains(words, "all lines received were kept and understood") ||
				!strings.Contains(words, "of the kernel and of no consequence") {
				t.Errorf("%s", text)
			}
		})
	}
}

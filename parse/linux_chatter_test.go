package parse

import (
	"fmt"
	"testing"
)

// bootMessages: words of the kernels of Debian 12 (6.1) and OpenWrt 23.05 (5.15) at their start, and as devices come and go.
var bootMessages = []string{
	"Command line: BOOT_IMAGE=/boot/vmlinuz-6.1.0-18-amd64 root=/dev/vda1 ro quiet",
	"BIOS-provided physical RAM map:",
	"BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff] usable",
	"NX (Execute Disable) protection: active",
	"SMBIOS 2.8 present.",
	"Hypervisor detected: KVM",
	"tsc: Detected 2399.996 MHz processor",
	"Kernel/User page tables isolation: enabled",
	"Zone ranges:",
	"smpboot: Allowing 2 CPUs, 0 hotplug CPUs",
	"random: crng init done",
	"Dentry cache hash table entries: 131072 (order: 8, 1048576 bytes, linear)",
	"PCI: Using configuration type 1 for base access",
	"pci 0000:00:1f.2: [8086:2922] type 00 class 0x010601",
	"ACPI: bus type PCI registered",
	"Serial: 8250/16550 driver, 4 ports, IRQ sharing enabled",
	"virtio_net virtio0 enp1s0: renamed from eth0",
	"usb 1-1: new high-speed USB device number 2 using xhci_hcd",
	"usb 1-1: New USB device found, idVendor=0627, idProduct=0001, bcdDevice= 0.00",
	"usbcore: registered new interface driver usbhid",
	"hub 1-0:1.0: 4 ports detected",
	"input: QEMU QEMU USB Tablet as /devices/pci0000:00/0000:00:02.1/usb1/1-1/input/input4",
	"scsi host0: ahci",
	"systemd[1]: Inserted module 'autofs4'",
	"AppArmor: AppArmor initialized",
	"Key type asymmetric registered",
	"Freeing unused kernel image (initmem) memory: 2660K",
	"Run /init as init process",
	"loop: module loaded",
	"IPv6: ADDRCONF(NETDEV_CHANGE): enp1s0: link becomes ready",
	"Booting Linux on physical CPU 0x0",
	"Machine model: Example Router AX1",
	"spi-nor spi0.0: w25q128 (16384 Kbytes)",
	"5 fixed-partitions partitions found on MTD device spi0.0",
	"mtdblock: MTD device 'rootfs' is NAND, please consider using UBI block devices instead.",
	"VFS: Mounted root (squashfs filesystem) readonly on device 31:4.",
	"init: Console is alive",
	"kmodloader: loading kernel modules from /etc/modules-boot.d/*",
	"procd: - early -",
	"mount_root: switching to jffs2 overlay",
	"br-lan: port 1(lan1) entered forwarding state",
	"mt7530 mdio-bus:1f lan1: configuring for phy/gmii link mode",
	"ath10k_pci 0000:01:00.0: pci irq msi oper_irq_mode 2 irq_mode 0 reset_mode 0",
}

// TestChatter calls what a kernel says as it starts understood, in every way in which it comes.
func TestChatter(t *testing.T) {
	for _, m := range bootMessages {
		for _, form := range []string{
			"<6>Nov 21 10:00:00 gw kernel: [    1.234567] %s",
			"<5>Nov 21 10:00:00 gw kernel: %s",
			"Nov 21 10:00:00 gw kernel: %s",
			"[    1.234567] %s",
			"6,123,1234567,-;%s",
			"<6>1 2026-11-21T10:00:00Z gw kernel - - - [    1.234567] %s",
			"<4>Nov 21 10:00:00 gw %s",
		} {
			line := fmt.Sprintf(form, m)
			if rec := parseLine(line); rec.Kind == Unknown {
				t.Errorf("not understood: %s", line)
			}
		}
	}
}

// TestTroubleIsNoChatter leaves a kernel's line that nobody knows as not understood where it may be of consequence.
func TestTroubleIsNoChatter(t *testing.T) {
	for _, line := range []string{
		"<6>Nov 21 10:00:00 gw kernel: examplefs: journal commit failed",
		"<6>Nov 21 10:00:00 gw kernel: exnet 0000:01:00.0: firmware Timed Out",
		"<4>Nov 21 10:00:00 gw kernel: exbuf: buffer overflow in ring 3",
		"<3>Nov 21 10:00:00 gw kernel: exnet: ring 3 is idle",
		"<0>Nov 21 10:00:00 gw kernel: exnet: going down",
		"<6>Nov 21 10:00:00 gw kernel: [BLOCKED] tcp from 192.168.10.7 port 4711 to 192.0.2.8 port 25",
		"<6>Nov 21 10:00:00 gw kernel: passed 192.168.10.7 to 192.0.2.8",
		"<6>Nov 21 10:00:00 gw kernel: exfw pass SRC=fd00::1",
		"<4>Nov 21 10:00:00 gw kernel: exnet: can't read the register",
		"<30>Nov 21 10:00:00 gw exd: started",
		"Nov 21 10:00:00 gw exd[7]: started",
		"hello world",
	} {
		if rec := parseLine(line); rec.Kind == System && rec.Detail == Chatter {
			t.Errorf("chatter: %s", line)
		}
	}
	rec := parseLine("Nov 21 10:00:00 gw kernel: exdev: revision 1.2.3 in debug mode")
	if rec.Kind != System || rec.Dialect != "kernel" || rec.Detail.String() != chatterWord {
		t.Errorf("%v %q %q", rec.Kind, rec.Dialect, rec.Detail.String())
	}
}

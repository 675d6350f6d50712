// Package wire reads packet captures: the frames of pcap and pcapng files, the addresses, ports and flags in them
// through all usual links and tunnels, and the sessions that they make.
//
// A Reader gives frames, Decode finds the IP packets of a frame, a Table counts them as the tables of tshark do, and
// Text turns a capture into lines of log, one for each thing of note: the beginning and the end of a session, a reset,
// a question to a DNS server.
//
// The package never writes a file, and never keeps a frame: all memory is bounded, whatever a capture holds.
package wire

package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
)

// pager returns the command that shows long output on a terminal: $PAGER, else less; "" for none. PAGER=cat is none.
func (a *app) pager() string {
	if _, ok := a.onTerminal(); !ok {
		return ""
	}
	if off, _ := a.flags.GetBool("no-pager"); off || os.Getenv("TERM") == "dumb" {
		return ""
	}
	command, set := os.LookupEnv("PAGER")
	if command = strings.TrimSpace(command); set {
		if command == "cat" {
			return ""
		}
		return command
	}
	if _, err := exec.LookPath("less"); err != nil {
		return ""
	}
	return "less"
}

// page calls write with the input of the pager, or with stdout where there is none. It returns once the pager has
// ended; that its user left it early is no error.
func (a *app) page(write func(io.Writer) error) error {
	command := a.pager()
	if command == "" {
		return write(a.stdout)
	}
	cmd := exec.Command("/bin/sh", "-c", command)
	cmd.Stdout, cmd.Stderr, cmd.Env = a.stdout, a.stderr, os.Environ()
	if os.Getenv("LESS") == "" {
		cmd.Env = append(cmd.Env, "LESS=FRX") // as git does: end at once if it fits, keep colours, leave the text there
	}
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		a.log.Debug("no pager", "command", command, "error", err)
		return write(a.stdout)
	}
	input := &pagerInput{w: in}
	err = write(input)
	in.Close()
	var status *exec.ExitError
	if wait := cmd.Wait(); errors.As(wait, &status) && status.ExitCode() == 127 { // the shell did not find it
		a.log.Warn("the pager cannot be run: set PAGER, or --no-pager", "PAGER", command)
	}
	if input.broken {
		return nil
	}
	return err
}

// pagerInput notes that its reader has gone.
type pagerInput struct {
	w      io.Writer
	broken bool
}

func (c *pagerInput) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.broken = c.broken || err != nil
	return n, err
}

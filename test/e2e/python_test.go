//go:build e2e

package e2e

import (
	"net"
	"os"
	"path/filepath"
	"testing"
)

func TestPython(t *testing.T) {
	python := os.Getenv("PYTHON")
	if python == "" {
		python = "python3"
	}
	need(t, python)
	dir := build(t, "python")
	inside := filepath.Join(dir, "bin", "python")
	once(t, dir, func() {
		fetch(t, python, "-m", "venv", dir)
		fetch(t, inside, "-m", "pip", "install", "-q", "-r", filepath.Join("python", "requirements.txt"))
	})
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	for _, library := range []string{"pyhive", "impyla"} {
		for _, mode := range modes() {
			t.Run(library+"/"+mode, func(t *testing.T) {
				client(t, inside, filepath.Join("python", "client.py"), library, host, port, mode, steps(t, "e2e_"+library+"_"+mode))
			})
		}
	}
}

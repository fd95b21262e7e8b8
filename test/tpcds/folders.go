package tpcds

import (
	"os"
	"path/filepath"
)

// Folders returns where queries, answers and generators are handed over (SKEP_SHARED) and where what is made of them goes (SKEP_BUILD).
func Folders() (shared, build string) {
	return setting("SKEP_SHARED", "../shared"), setting("SKEP_BUILD", "build")
}

// Data returns the folder of the generated data, a folder in it for each scale factor (SKEP_TPCDS).
func Data(build string) string { return setting("SKEP_TPCDS", filepath.Join(build, "tpcds")) }

func setting(key, byDefault string) string {
	if v := os.Getenv(key); v != "" {
		return v
	}
	return byDefault
}

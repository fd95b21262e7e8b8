//go:build e2e

package e2e

import (
	"path/filepath"
	"testing"
)

const driver = "hive-jdbc-4.1.0-standalone.jar"

func TestJDBC(t *testing.T) {
	need(t, "java", "javac", "mvn")
	dir := build(t, "jdbc-4.1.0")
	once(t, dir, func() {
		fetch(t, "mvn", "-q", "-B", "org.apache.maven.plugins:maven-dependency-plugin:3.6.0:copy",
			"-Dartifact=org.apache.hive:hive-jdbc:4.1.0:jar:standalone", "-DoutputDirectory="+dir)
	})
	classes := t.TempDir()
	client(t, "javac", "-d", classes, filepath.Join("java", "JdbcClient.java"))
	for _, mode := range modes() {
		t.Run(mode, func(t *testing.T) {
			client(t, "java", "--add-opens", "java.base/java.nio=ALL-UNNAMED", "-cp", classes+":"+filepath.Join(dir, driver), "JdbcClient",
				url(mode), steps(t, "e2e_jdbc_"+mode))
		})
	}
}

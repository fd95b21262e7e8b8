import java.nio.file.*;
import java.sql.*;
import java.util.*;

/** Walks through a script of statements over JDBC; see script.tsv for the steps. Exits with 1 when one fails. */
public class JdbcClient {
  static int failures;

  static void check(boolean ok, String step, String detail) {
    if (!ok) {
      failures++;
      System.out.println("FAIL " + step + ": " + detail);
    }
  }

  public static void main(String[] args) throws Exception {
    int steps = 0;
    try (Connection connection = DriverManager.getConnection(args[0], "ann", "secret"); Statement statement = connection.createStatement()) {
      List<String> lines = Files.readAllLines(Path.of(args[1]));
      for (int i = 0; i < lines.size(); i++) {
        String[] f = lines.get(i).split("\t", -1);
        try {
          switch (f[0]) {
            case "exec" -> check(!statement.execute(f[1]), f[1], "it has a result set");
            case "query" -> {
              List<List<String>> want = new ArrayList<>();
              while (i + 1 < lines.size() && lines.get(i + 1).startsWith("row\t")) {
                List<String> cells = new ArrayList<>(Arrays.asList(lines.get(++i).split("\t", -1)));
                want.add(cells.subList(1, cells.size()));
              }
              List<List<String>> got = query(statement, f[1]);
              check(got.equals(want), f[1], got + " instead of " + want);
            }
            case "error" -> error(statement, f);
            case "cancel" -> cancel(connection, f[1]);
            default -> steps--;
          }
          steps++;
        } catch (SQLException e) {
          check(false, lines.get(i), e.toString());
        }
      }
      metadata(connection);
    }
    System.out.println(steps + " steps, " + failures + " failed");
    System.exit(failures == 0 ? 0 : 1);
  }

  static List<List<String>> query(Statement statement, String sql) throws SQLException {
    List<List<String>> rows = new ArrayList<>();
    try (ResultSet r = statement.executeQuery(sql)) {
      int n = r.getMetaData().getColumnCount();
      while (r.next()) {
        List<String> row = new ArrayList<>();
        for (int c = 1; c <= n; c++) {
          String text = r.getString(c);
          row.add(text == null ? "\\N" : text);
        }
        rows.add(row);
      }
    }
    return rows;
  }

  static void error(Statement statement, String[] f) {
    try {
      statement.execute(f[4]);
      check(false, f[4], "no error");
    } catch (SQLException e) {
      boolean ok = e.getErrorCode() == Integer.parseInt(f[1]) && f[2].equals(e.getSQLState()) && e.getMessage().contains(f[3]);
      check(ok, f[4], e.getErrorCode() + " " + e.getSQLState() + " " + e.getMessage());
    }
  }

  static void cancel(Connection connection, String sql) throws Exception {
    try (Statement statement = connection.createStatement()) {
      Thread stopper = new Thread(() -> {
        try {
          Thread.sleep(1000);
          statement.cancel();
        } catch (Exception e) {
          check(false, "cancel", e.toString());
        }
      });
      stopper.start();
      try {
        statement.execute(sql);
        check(false, sql, "it was not cancelled");
      } catch (SQLException e) {
        check("01000".equals(e.getSQLState()), sql, e.getSQLState() + " " + e.getMessage());
      }
      stopper.join();
    }
  }

  static void metadata(Connection connection) throws SQLException {
    DatabaseMetaData m = connection.getMetaData();
    check("Apache Hive".equals(m.getDatabaseProductName()), "product", m.getDatabaseProductName());
    check(connection.isValid(5), "isValid", "false");
    try (ResultSet r = m.getSchemas()) {
      boolean found = false;
      while (r.next()) {
        found |= "default".equals(r.getString("TABLE_SCHEM"));
      }
      check(found, "getSchemas", "no default");
    }
    for (ResultSet r : List.of(m.getTables(null, null, "%", new String[] {"TABLE"}), m.getColumns(null, "default", "%", "%"), m.getTypeInfo(),
        m.getTableTypes(), m.getFunctions(null, null, "abs"), m.getCatalogs())) {
      while (r.next()) {
        r.getString(1);
      }
      r.close();
    }
  }
}

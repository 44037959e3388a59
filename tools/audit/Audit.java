import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Finds the classes that some released hessian-lite does not read as a stream defines them, and writes the table that
 * dubbo-policy refuses definitions by. tools/audit/run.sh has the commands.
 *
 * <p>Every class of the JDK's modules below, and of hessian-lite itself, is read by each release in every form of Examine.
 * A process does that for each release; a class whose instance ends it, or holds it for a minute, is passed over and named.
 */
public final class Audit {
    private static final List<String> MODULES = List.of("java.base", "java.sql", "java.logging", "java.naming",
        "java.management", "java.rmi", "java.xml", "java.net.http");
    private static final int AT_ONCE = 2;

    /** Arguments: the folder of jars, the folder of findings, the table to write. */
    public static void main(String[] args) throws Exception {
        Path findings = Files.createDirectories(Path.of(args[1]));
        List<Path> jars;
        try (var files = Files.list(Path.of(args[0]))) {
            jars = files.filter(file -> file.toString().endsWith(".jar")).sorted().toList();
        }
        ExecutorService pool = Executors.newFixedThreadPool(AT_ONCE);
        List<Future<?>> running = new ArrayList<>();
        for (Path jar : jars) {
            Path found = findings.resolve(jar.getFileName().toString().replace(".jar", ".txt"));
            if (!Files.exists(found)) {
                running.add(pool.submit(() -> examine(jar, found)));
            }
        }
        for (Future<?> one : running) {
            one.get();
        }
        pool.shutdown();
        Table.write(jars, findings, Path.of(args[2]));
        Runtime.getRuntime().halt(0);
    }

    /** Runs Examine until it has seen every class. */
    private static Void examine(Path jar, Path found) throws IOException, InterruptedException {
        List<String> lines = new ArrayList<>();
        int begin = 0;
        while (true) {
            List<String> command = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElse("java"),
                "-Xmx700m", "-XX:-StackTraceInThrowable", "-Djava.awt.headless=true", "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "-cp", Path.of(System.getProperty("java.class.path")).toAbsolutePath().toString(), "Examine", jar.toAbsolutePath().toString(), Integer.toString(begin)));
            command.addAll(MODULES);
            Process process = new ProcessBuilder(command).directory(Files.createTempDirectory("audit").toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
            Watchdog dog = new Watchdog(process);
            String at = "";
            boolean done = false;
            try (BufferedReader out = new BufferedReader(new InputStreamReader(process.getInputStream()))) {
                for (String line; (line = out.readLine()) != null;) {
                    dog.sees();
                    if (line.startsWith("at\t")) {
                        at = line;
                    } else if (line.equals("done")) {
                        done = true;
                    } else if (line.contains("\t")) {
                        lines.add(line);
                    }
                }
            }
            process.destroyForcibly().waitFor();
            if (done) {
                Files.write(found, lines);
                return null;
            }
            String[] last = at.split("\t");
            if (last.length < 3) {
                throw new IOException(jar + ": nothing was examined");
            }
            lines.add("passed over\t" + last[2]);
            begin = Integer.parseInt(last[1]) + 1;
        }
    }

    /** Ends a process that has said nothing for a minute. */
    private static final class Watchdog extends Thread {
        private final Process process;
        private volatile long seen = System.nanoTime();

        Watchdog(Process process) {
            this.process = process;
            setDaemon(true);
            start();
        }

        void sees() {
            seen = System.nanoTime();
        }

        @Override
        public void run() {
            try {
                while (process.isAlive()) {
                    if (System.nanoTime() - seen > 60_000_000_000L) {
                        process.destroyForcibly();
                    }
                    sleep(1000);
                }
            } catch (InterruptedException e) {
                process.destroyForcibly();
            }
        }
    }
}

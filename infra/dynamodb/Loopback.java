import com.amazonaws.services.dynamodbv2.local.main.ServerRunner;
import com.amazonaws.services.dynamodbv2.local.server.DynamoDBProxyServer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/**
 * DynamoDB Local on a free port of 127.0.0.1 alone; prints the port. Its argument is the folder its tables are kept in,
 * in one file; without it they are kept in memory.
 *
 * Its own launcher listens on every interface and has no option against it, so the connector is told before it starts.
 */
final class Loopback {
    public static void main(String[] arguments) throws Exception {
        String[] inMemory = {"-inMemory", "-disableTelemetry", "-port", "8000"};
        String[] options = arguments.length == 0
            ? inMemory
            : new String[] {"-sharedDb", "-dbPath", arguments[0], "-disableTelemetry", "-port", "8000"};
        DynamoDBProxyServer engine = ServerRunner.createServerFromCommandLineArgs(options);
        var field = DynamoDBProxyServer.class.getDeclaredField("server");
        field.setAccessible(true);
        var connector = (ServerConnector) ((Server) field.get(engine)).getConnectors()[0];
        connector.setHost("127.0.0.1");
        connector.setPort(0);
        engine.start();
        System.out.println("listening on " + connector.getLocalPort());
        engine.join();
    }
}

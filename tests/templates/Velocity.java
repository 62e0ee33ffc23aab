// Renders the templates of standard input, which a byte 1 parts, with Velocity 1.7 as API Gateway runs
// it: a null reference is an empty text.
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import org.apache.velocity.VelocityContext;
import org.apache.velocity.app.VelocityEngine;
import org.apache.velocity.app.event.EventCartridge;
import org.apache.velocity.app.event.InvalidReferenceEventHandler;
import org.apache.velocity.context.Context;
import org.apache.velocity.util.introspection.Info;

public class Velocity {
  static class EmptyReferences implements InvalidReferenceEventHandler {
    public Object invalidGetMethod(Context c, String r, Object o, String p, Info i) { return ""; }
    public boolean invalidSetMethod(Context c, String l, String r, Info i) { return false; }
    public Object invalidMethod(Context c, String r, Object o, String m, Info i) { return ""; }
  }

  static String render(String template) {
    try {
      // Macros stay with their engine.
      VelocityEngine engine = new VelocityEngine();
      engine.setProperty("runtime.log.logsystem.class", "org.apache.velocity.runtime.log.NullLogChute");
      engine.init();
      VelocityContext context = new VelocityContext();
      EventCartridge events = new EventCartridge();
      events.addEventHandler(new EmptyReferences());
      events.attachToContext(context);
      StringWriter out = new StringWriter();
      engine.evaluate(context, out, "template", template);
      return "=" + out;
    } catch (Throwable wrong) {
      return "!" + wrong.getMessage();
    }
  }

  public static void main(String[] arguments) throws Exception {
    String all = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
    StringBuilder out = new StringBuilder();
    for (String each : all.split("\u0001", -1)) out.append(out.length() == 0 ? "" : "\u0001").append(render(each));
    System.out.write(out.toString().getBytes(StandardCharsets.UTF_8));
    System.out.flush();
  }
}

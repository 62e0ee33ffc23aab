#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/environment.h"
#include "cli/world.h"

namespace tandem::cli {

void add_env(CLI::App& app, Common& common, int& exit_code) {
  auto* command = app.add_subcommand(
      "env", "Print the environment that points AWS tools here: eval \"$(tandem env)\"");
  command->footer(
      "Sets the endpoint, the key, the region and the CA variables of AWS tools, curl, Python and\n"
      "OpenSSL (AWS_CA_BUNDLE, REQUESTS_CA_BUNDLE, CURL_CA_BUNDLE, SSL_CERT_FILE) to a bundle of "
      "the\n"
      "local CA and the system's, so that public servers are trusted as before; "
      "NODE_EXTRA_CA_CERTS\n"
      "adds the local CA to Node's own. TANDEM_URL, TANDEM_API_KEY and TANDEM_DNS are the "
      "application's.\nUnsets AWS profiles and session tokens.");
  command->callback([&common, &exit_code] {
    const auto world = topology::LocalWorld::open(common.file);
    const auto topology = load_settled(common, world);
    const auto processes = world.processes();
    all_answer(processes);
    for (const auto& process : processes) {
      if (process.life == topology::Life::kStopped) remark("tandem: " + topology::advice(process));
    }
    json::object document;
    std::string lines = "unset";
    for (const char* name : kMisleading) lines += std::string(" ") + name;
    lines += "\n";
    for (const auto& [name, value] : tool_environment(world, topology)) {
      document[name] = value;
      lines += "export " + name + "=" + shell_word(value) + "\n";
    }
    if (common.format() == Format::kJson) {
      print_json(document);
    } else {
      print_exactly(lines);
    }
    exit_code = 0;
  });
}

}  // namespace tandem::cli

#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/environment.h"

namespace tandem::cli {

void add_env(CLI::App& app, Common& common, int& exit_code) {
  auto* command = app.add_subcommand(
      "env", "Print the environment that points AWS tools here: eval \"$(tandem env)\"");
  command->callback([&common, &exit_code] {
    const auto topology = topology::load_topology(common.file);
    const auto world = topology::LocalWorld::open(common.file);
    json::object document;
    std::string lines;
    for (const auto& [name, value] : tool_environment(world, topology)) {
      document[name] = value;
      std::string quoted = value;
      for (std::size_t at = 0; (at = quoted.find('\'', at)) != std::string::npos; at += 4) {
        quoted.replace(at, 1, "'\\''");
      }
      lines += "export " + name + "='" + quoted + "'\n";
    }
    if (common.format() == Format::kJson) {
      print_json(document);
    } else {
      print(lines);
    }
    exit_code = 0;
  });
}

}  // namespace tandem::cli

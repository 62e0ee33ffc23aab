#include <CLI/CLI.hpp>
#include <boost/system/system_error.hpp>
#include <csignal>
#include <fcntl.h>
#include <stdexcept>
#include <unistd.h>

#include "cli/commands.h"
#include "core/files.h"
#include "global/global.h"
#include "region/region.h"
#include "service/config.h"
#include "service/region_settings.h"
#include "topology/local.h"

namespace tandem::cli {
namespace {

struct NodeOptions {
  std::string config;
  std::string name;
  int ready_descriptor = -1;
};

/// Tells who started us that we serve ("ready"), or why not, and lets go of the pipe.
void say(int descriptor, const std::string& text) {
  if (descriptor < 0) return;
  const std::string line = text + "\n";
  if (write(descriptor, line.data(), line.size()) < 0) remark("nobody waits to hear: " + text);
  close(descriptor);
}

/// What the file names now, when that is all that has changed in it; see Node::Options.
std::vector<service::RegionAddress> regions_in(const std::string& file,
                                               const service::Config& running,
                                               const service::RegionSettings& settings) {
  const std::string text = core::read_file(file);
  const auto parsed = service::Config::from_json(text);
  if (!parsed) throw std::runtime_error(file + ": " + parsed.error().message);
  const auto read_settings = service::RegionSettings::from_json(text);
  if (!read_settings) throw std::runtime_error(file + ": " + read_settings.error().message);
  service::Config same = parsed.value();
  same.regions = running.regions;
  if (same.to_json() != running.to_json() || read_settings.value() != settings) {
    throw std::invalid_argument("more than the regions has changed: it has to be started anew");
  }
  return parsed.value().regions;
}

int run_node(const NodeOptions& options) {
  if (options.ready_descriptor >= 0) fcntl(options.ready_descriptor, F_SETFD, FD_CLOEXEC);
  // Who started us may be gone before we are ready; the process goes on without.
  std::signal(SIGPIPE, SIG_IGN);
  const std::string text = core::read_file(options.config);
  auto parsed = service::Config::from_json(text);
  if (!parsed) throw Failure(kUsage, options.config + ": " + parsed.error().message);
  service::Config config = std::move(parsed).value();
  const auto settings = service::RegionSettings::from_json(text);
  if (!settings) throw Failure(kUsage, options.config + ": " + settings.error().message);
  const bool is_global = options.name == "global";
  service::Node::Options node = is_global
                                    ? global::node_options(config, settings.value())
                                    : region::node_options(config, settings.value(), options.name);
  node.read_regions = [&] { return regions_in(options.config, config, settings.value()); };
  bool ready = false;
  const auto on_ready = [&] {
    ready = true;
    say(options.ready_descriptor, "ready");
  };
  try {
    const int code = is_global ? global::run_global(config, node, on_ready)
                               : region::run_region(config, settings.value(), node, on_ready);
    if (code == 0) topology::note_own_end();
    return code;
  } catch (const boost::system::system_error& error) {
    // what() would add a place in a header.
    if (!ready) say(options.ready_descriptor, options.name + ": " + error.code().message());
    throw;
  } catch (const std::exception& error) {
    if (!ready) say(options.ready_descriptor, options.name + ": " + error.what());
    throw;
  }
}

}  // namespace

void add_node(CLI::App& app, int& exit_code) {
  auto* command = app.add_subcommand("node", "Run one process of the world")->group("");
  auto options = std::make_shared<NodeOptions>();
  command->add_option("--config", options->config)->required();
  command->add_option("--name", options->name)->required();
  command->add_option("--ready-fd", options->ready_descriptor);
  command->callback([&exit_code, options] { exit_code = run_node(*options); });
}

}  // namespace tandem::cli

// What tandem.yaml says that regions go by besides who is where: told to every process beside its
// configuration, in the same file (docs/formats/process-config.md).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/parsed.h"
#include "sandbox/network.h"
#include "sandbox/root.h"
#include "service/capacity_mode.h"

namespace tandem::service {

struct RegionSettings {
  /// `functions: {network, root, runtimes, modules}`. By the name of a runtime or of a language
  /// ("nodejs", "python"): absolute paths of interpreters, and of folders of what AWS preinstalls.
  sandbox::Network function_network = sandbox::Network::kIsolated;
  sandbox::Root function_root = sandbox::Root::kMachine;
  std::map<std::string, std::string> runtimes;
  std::map<std::string, std::string> modules;
  /// `integrations: {network}`: what API Gateway's HTTP integrations reach; kOutbound or kHost.
  sandbox::Network integration_network = sandbox::Network::kOutbound;
  /// `git: {host}`: where pipelines' repositories are. A URL of HTTP or HTTPS without a slash at
  /// its end, or an absolute path: a folder of repositories.
  std::string git_host = "https://github.com";
  /// `capacity`.
  CapacityMode capacity = CapacityMode::kOff;
  bool operator==(const RegionSettings&) const = default;

  /// The keys of tandem.yaml that the other has otherwise.
  std::vector<std::string> changed(const RegionSettings& other) const;

  /// The configuration's text with these settings in it. The text must be a JSON object.
  std::string add_to(std::string_view config_json) const;
  /// From such a text; the defaults where it says nothing.
  static core::Parsed<RegionSettings> from_json(std::string_view config_json);
};

}  // namespace tandem::service

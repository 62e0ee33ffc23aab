// What all instances of a region share.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/processors.h"
#include "core/random.h"
#include "core/task.h"
#include "sandbox/network.h"
#include "services/lambda/exec/log_buffer.h"
#include "services/lambda/model/function.h"

namespace tandem::lambda {

class CodeWatch;
class EventBus;
class FunctionMeters;
class FunctionNetwork;
class ProgramRunner;
class RuntimePrograms;

/// Where the certificates a function should trust are, inside.
inline constexpr std::string_view kCaBundleInside = "/etc/pki/tandem/ca-bundle.pem";
/// The same, where AWS's runtimes of Node.js have theirs.
inline constexpr std::string_view kNodeCaBundleInside = "/var/runtime/ca-cert.pem";

struct Durations {
  std::chrono::milliseconds init{10'000};
  std::chrono::milliseconds idle{600'000};  ///< then an instance ends
  std::chrono::milliseconds freeze{100};    ///< then an idle instance is stopped
};

/// A function's credentials, in its environment and in the region's key ring.
struct FunctionCredentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;
};

struct Host {
  asio::any_io_executor executor;
  core::Workers& blocking;
  core::Clock& clock;
  core::Random& random;
  LogBuffer& logs;
  std::string region;
  std::string address;       ///< where Runtime APIs listen on the host's network
  std::string endpoint_url;  ///< the region's AWS API
  std::filesystem::path code_folder;
  std::filesystem::path ca_bundle;  ///< empty when there is none
  /// Holds passwd and group, and resolv.conf and nsswitch.conf of those who reach AWS by its names;
  /// may be empty.
  std::filesystem::path etc;
  Durations durations;
  sandbox::Network network = sandbox::Network::kIsolated;
  FunctionNetwork* aws = nullptr;    ///< what a function with a network of its own reaches
  FunctionMeters* meters = nullptr;  ///< never null where functions are invoked
  CodeWatch* watch = nullptr;
  EventBus* events = nullptr;
  std::string account;
  ProgramRunner* programs = nullptr;
  /// What the processors that run the programs do; none: not known.
  std::function<std::optional<core::ProcessorTimes>()> processor_times;
  RuntimePrograms* runtimes = nullptr;  ///< interpreters of programs in cells
};

}  // namespace tandem::lambda

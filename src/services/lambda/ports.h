// What Lambda needs from the rest of its region, wired by the assembler.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/task.h"
#include "net/descriptor.h"
#include "sandbox/cell.h"
#include "sandbox/network.h"
#include "sandbox/root.h"
#include "service/roles.h"

namespace tandem::lambda {

struct LogLine {
  std::int64_t timestamp_ms = 0;
  std::string message;
};

/// Where functions' log lines go. Makes group and stream when they are missing.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void write(std::string_view group, std::string_view stream,
                     std::vector<LogLine> lines) = 0;
};

/// Where code packages are read from.
class ObjectSource {
 public:
  virtual ~ObjectSource() = default;
  /// The whole object; version is empty for the latest. Throws ApiError as S3's GetObject does
  /// (NoSuchBucket, NoSuchKey, AccessDenied …).
  virtual Task<std::string> read_object(std::string bucket, std::string key,
                                        std::string version) = 0;
};

/// The AWS that a function with a network of its own reaches: the addresses and ports of outside,
/// answered by us.
class FunctionNetwork {
 public:
  virtual ~FunctionNetwork() = default;
  /// Where somebody listens at every loopback address of the function's network.
  virtual std::vector<std::uint16_t> ports() const = 0;
  /// Where names are asked for in it, by TCP and by UDP.
  virtual std::vector<sandbox::Door> name_servers() const = 0;
  /// Serving ends with it; requests under way are let come to their end.
  class Session {
   public:
    virtual ~Session() = default;
  };
  /// One for each of ports(), and for each of name_servers().
  struct Sockets {
    std::vector<net::Descriptor> ports;
    std::vector<net::Descriptor> names_tcp;
    std::vector<net::Descriptor> names_udp;
  };
  /// Serves sockets that listen in a function's network.
  virtual std::unique_ptr<Session> serve(Sockets sockets) = 0;
  /// Ends what is still under way. No session may be left.
  virtual Task<void> stop() = 0;
};

/// EventBridge's default bus.
class EventBus {
 public:
  virtual ~EventBus() = default;
  /// A complete event. Throws StoreError.
  virtual void put(json::object event) = 0;
};

class ProgramRunner;

/// Which programs run functions' code, as tandem.yaml says: `functions: {root, runtimes, modules}`.
struct RuntimeSettings {
  sandbox::Root root = sandbox::Root::kMachine;
  /// By a runtime's name ("nodejs6.10") or its language ("nodejs", "python"): an interpreter.
  std::map<std::string, std::string> programs;
  /// By a language: a folder of what AWS preinstalls.
  std::map<std::string, std::string> modules;
};

struct LambdaPorts {
  LogSink& logs;
  ObjectSource& objects;
  /// Who functions may run as.
  service::Roles& roles;
  /// The local CA's certificate, so that functions trust the region. May be missing.
  std::filesystem::path ca_pem;
  /// Null: functions reach their Runtime API only.
  FunctionNetwork* network = nullptr;
  sandbox::Network reach = sandbox::Network::kIsolated;
  /// Null: there is no event bus to be a destination.
  EventBus* events = nullptr;
  /// Who runs programs; null: they run in cells on this machine.
  ProgramRunner* programs = nullptr;
  RuntimeSettings runtimes = {};
  /// Where this region is reached by whoever downloads a package: "http://127.0.10.1:8080/". Empty:
  /// at AWS's names of the buckets of packages.
  std::string download_base = {};
};

}  // namespace tandem::lambda

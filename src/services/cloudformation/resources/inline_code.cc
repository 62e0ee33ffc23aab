#include "services/cloudformation/resources/inline_code.h"

#include <cstdint>
#include <fmt/format.h>
#include <optional>
#include <string_view>
#include <vector>
#include <zlib.h>

#include "core/bytes.h"
#include "services/cloudformation/resources/common.h"

namespace tandem::cloudformation {
namespace {

/// "This zip file cannot exceed 4MB."
constexpr std::size_t kLargestPackage = 4 * 1024 * 1024;

// The modules send to the protocol, host and port of the ResponseURL, and go past any proxy. User
// Guide, "cfn-response module": parameters and their defaults.
constexpr std::string_view kNodeModule = R"(// Answers a custom resource of CloudFormation.
'use strict';

exports.SUCCESS = 'SUCCESS';
exports.FAILED = 'FAILED';

/// Ends the invocation when the answer has been sent; a function that is awaited awaits the promise.
exports.send = (event, context, responseStatus, responseData, physicalResourceId, noEcho) => {
  const url = new (require('url').URL)(event.ResponseURL);
  const body = JSON.stringify({
    Status: responseStatus,
    Reason: 'See the details in CloudWatch Log Stream: ' + context.logStreamName,
    PhysicalResourceId: physicalResourceId || context.logStreamName,
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
    NoEcho: noEcho || false,
    Data: responseData,
  });
  return new Promise((resolve) => {
    const finish = (text) => {
      console.log(text);
      if (typeof context.done === 'function') context.done();
      resolve();
    };
    const request = require(url.protocol === 'https:' ? 'https' : 'http').request({
      hostname: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port || undefined,
      path: url.pathname + url.search,
      method: 'PUT',
      headers: {'content-type': '', 'content-length': Buffer.byteLength(body)},
    }, (response) => {
      response.resume();
      response.on('end', () => finish('Status code: ' + response.statusCode));
    });
    request.on('error', (error) => finish('send(..) failed: ' + error.message));
    request.end(body);
  });
};
)";

constexpr std::string_view kPythonModule = R"("""Answers a custom resource of CloudFormation."""
from __future__ import print_function

import json

try:
    from urllib.request import ProxyHandler, Request, build_opener
except ImportError:
    from urllib2 import ProxyHandler, Request, build_opener

SUCCESS = "SUCCESS"
FAILED = "FAILED"


def send(event, context, responseStatus, responseData, physicalResourceId=None, noEcho=False, reason=None):
    body = json.dumps({
        "Status": responseStatus,
        "Reason": reason or "See the details in CloudWatch Log Stream: " + context.log_stream_name,
        "PhysicalResourceId": physicalResourceId or context.log_stream_name,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "NoEcho": noEcho,
        "Data": responseData,
    }).encode("utf-8")
    request = Request(event["ResponseURL"], body, {"Content-type": ""})
    request.get_method = lambda: "PUT"
    try:
        print("Status code:", build_opener(ProxyHandler({})).open(request).getcode())
    except Exception as error:
        print("send(..) failed:", error)
)";

/// A language whose sources a template may hold.
struct Language {
  std::string_view runtimes;  ///< what their names begin with
  std::string_view file;
  std::string_view module_file;
  std::string_view module;
  std::string_view loads;        ///< what in the source asks for the module
  std::string_view loads_too{};  ///< or this; empty: nothing else
};

// "The index file that CloudFormation creates uses the extension .js." Python's module comes with
// "this exact import statement"; Node.js finds its own in /var/task by NODE_PATH.
constexpr Language kLanguages[] = {
    {"nodejs", "index.js", "cfn-response.js", kNodeModule, "'cfn-response'", "\"cfn-response\""},
    {"python", "index.py", "cfnresponse.py", kPythonModule, "import cfnresponse"}};

std::optional<std::string> source_of(const json::object& properties) {
  const auto* code = json::find_object(properties, "Code");
  if (code == nullptr || !code->contains("ZipFile")) return std::nullopt;
  return text_of(*code, "ZipFile");
}

const Language* language_of(const json::object& properties) {
  const std::string runtime = json::string_or(properties, "Runtime");
  for (const Language& one : kLanguages) {
    if (runtime.starts_with(one.runtimes)) return &one;
  }
  return nullptr;
}

struct Entry {
  std::string_view name;
  std::string_view content;
};

std::vector<Entry> entries_of(const Language& language, std::string_view source) {
  const auto has = [&](std::string_view words) {
    return !words.empty() && source.find(words) != std::string_view::npos;
  };
  std::vector<Entry> entries = {{language.file, source}};
  if (has(language.loads) || has(language.loads_too)) {
    entries.push_back({language.module_file, language.module});
  }
  return entries;
}

// APPNOTE.TXT of PKWARE, 4.3: sizes of what stands beside a name, in the file and its directory.
constexpr std::size_t kLocalHeader = 30;
constexpr std::size_t kDirectoryHeader = 46;
constexpr std::size_t kEnd = 22;

std::size_t size_of(const std::vector<Entry>& entries) {
  std::size_t size = kEnd;
  for (const Entry& entry : entries) {
    size += kLocalHeader + kDirectoryHeader + 2 * entry.name.size() + entry.content.size();
  }
  return size;
}

void put16(std::string& out, std::size_t value) {
  out.push_back(static_cast<char>(value & 0xff));
  out.push_back(static_cast<char>((value >> 8) & 0xff));
}

void put32(std::string& out, std::size_t value) {
  put16(out, value & 0xffff);
  put16(out, value >> 16);
}

/// From the version needed to the length of the name (4.4.3 to 4.4.10).
void put_facts(std::string& out, const Entry& entry) {
  constexpr std::size_t kVersion = 10;
  constexpr std::size_t kUtf8Names = 0x0800;
  constexpr std::size_t kFirstOf1980 = 0x0021;
  put16(out, kVersion);
  put16(out, kUtf8Names);
  put16(out, 0);  // stored
  put16(out, 0);  // midnight
  put16(out, kFirstOf1980);
  const auto* bytes = reinterpret_cast<const Bytef*>(entry.content.data());
  put32(out, crc32(0, bytes, static_cast<uInt>(entry.content.size())));
  put32(out, entry.content.size());
  put32(out, entry.content.size());
  put16(out, entry.name.size());
}

// Stored, not deflated: it takes no time worth a worker, and disks hold it twice at most.
std::string zip_of(const std::vector<Entry>& entries) {
  constexpr std::size_t kMadeOnUnix = 3 << 8;
  constexpr std::size_t kReadable = 0100644;
  std::string out;
  std::string directory;
  out.reserve(size_of(entries));
  for (const Entry& entry : entries) {
    const std::size_t offset = out.size();
    out += "PK\x03\x04";
    put_facts(out, entry);
    put16(out, 0);  // no extra field
    out.append(entry.name).append(entry.content);
    directory += "PK\x01\x02";
    put16(directory, kMadeOnUnix);
    put_facts(directory, entry);
    directory.append(8, '\0');  // no extra field, no comment, first disk, no attributes within
    put32(directory, kReadable << 16);
    put32(directory, offset);
    directory.append(entry.name);
  }
  const std::size_t start = out.size();
  out += directory;
  out += "PK\x05\x06";
  put32(out, 0);  // one disk
  put16(out, entries.size());
  put16(out, entries.size());
  put32(out, directory.size());
  put32(out, start);
  put16(out, 0);  // no comment
  return out;
}

}  // namespace

void check_inline_code(const json::object& properties) {
  const std::optional<std::string> source = source_of(properties);
  if (!source) return;
  if (!properties.contains("Runtime")) {
    throw HandlerError("InvalidRequest",
                       "Using the ZipFile attribute requires a runtime to be specified");
  }
  const Language* language = language_of(properties);
  if (language == nullptr) {
    throw HandlerError("InvalidRequest",
                       "ZipFile can only be used when Runtime is set to either of nodejs, python.");
  }
  const std::size_t size = size_of(entries_of(*language, *source));
  if (size > kLargestPackage) {
    throw HandlerError(
        "InvalidRequest",
        fmt::format("The package of ZipFile has {} bytes: it cannot exceed 4 MB", size));
  }
}

std::string packed_inline_code(const json::object& properties) {
  const std::optional<std::string> source = source_of(properties);
  const Language* language = language_of(properties);
  if (!source || language == nullptr) return "";
  return core::base64_encode(zip_of(entries_of(*language, *source)));
}

}  // namespace tandem::cloudformation

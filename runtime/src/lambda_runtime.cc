#include "tandem/lambda_runtime.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cxxabi.h>
#include <exception>
#include <memory>
#include <typeinfo>

#include "connection.h"
#include "tandem/aws_client.h"

namespace tandem::lambda_runtime {
namespace {

constexpr std::string_view kPath = "/2018-06-01/runtime/";

/// The Runtime API, as its client.
class RuntimeApi {
 public:
  explicit RuntimeApi(const std::string& address)
      : connection_(Endpoint::parse("http://" + address)),
        host_("host: " + address + "\r\n"),
        next_head_("GET " + std::string(kPath) + "invocation/next HTTP/1.1\r\n" + host_ +
                   "user-agent: tandem-lambda-runtime\r\n") {}

  Invocation next() {
    HttpAnswer answer = connection_.send(next_head_, "", Connection::kForever);
    if (answer.status != 200) {
      throw TransportError("next was answered with " + std::to_string(answer.status) + " " +
                           answer.body);
    }
    Invocation invocation;
    invocation.request_id = answer.header("lambda-runtime-aws-request-id");
    invocation.invocation_id = answer.header("lambda-runtime-invocation-id");
    invocation.function_arn = answer.header("lambda-runtime-invoked-function-arn");
    invocation.trace_id = answer.header("lambda-runtime-trace-id");
    invocation.client_context = answer.header("lambda-runtime-client-context");
    const std::string_view deadline = answer.header("lambda-runtime-deadline-ms");
    std::from_chars(deadline.data(), deadline.data() + deadline.size(), invocation.deadline_ms);
    invocation.payload = std::move(answer.body);
    return invocation;
  }

  /// A refused response (too large, or too late) is reported by the service; the function goes on.
  void answer(const Invocation& invocation, const Response& response) {
    const std::string path =
        "invocation/" + invocation.request_id + (response.failed ? "/error" : "/response");
    post(path, response, invocation.invocation_id);
  }

  void init_error(const Response& response) { post("init/error", response, ""); }

 private:
  void post(const std::string& path, const Response& response, const std::string& invocation_id) {
    const std::string& body = response.payload;
    const std::string& error_type = response.error_type;
    std::string head = "POST " + std::string(kPath) + path + " HTTP/1.1\r\n" + host_ +
                       "content-type: application/json\r\n";
    if (!error_type.empty()) head += "lambda-runtime-function-error-type: " + error_type + "\r\n";
    if (!invocation_id.empty()) head += "lambda-runtime-invocation-id: " + invocation_id + "\r\n";
    head += "content-length: " + std::to_string(body.size()) + "\r\n";
    connection_.send(head, body, Connection::kForever);
  }

  Connection connection_;
  std::string host_;
  std::string next_head_;
};

std::string type_name(const std::exception& error) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> name(
      abi::__cxa_demangle(typeid(error).name(), nullptr, nullptr, &status), std::free);
  return status == 0 ? name.get() : typeid(error).name();
}

template <class Function>
Response guarded(const Function& function) {
  try {
    return function();
  } catch (const std::exception& error) {
    return Response::failure(type_name(error), error.what());
  } catch (...) {
    return Response::failure("Unknown", "The handler threw something that is no std::exception.");
  }
}

std::string runtime_api_address() {
  const char* address = std::getenv("AWS_LAMBDA_RUNTIME_API");
  return address == nullptr ? "" : address;
}

int serve(RuntimeApi& api, const Handler& handler) {
  while (true) {
    const Invocation invocation = api.next();
    ::setenv("_X_AMZN_TRACE_ID", invocation.trace_id.c_str(), 1);
    const Response response = guarded([&] { return handler(invocation); });
    // What was printed belongs to this invocation's log, before its end.
    std::fflush(stdout);
    api.answer(invocation, response);
  }
}

/// The length of the UTF-8 sequence at text[at]; 0 when it is none.
std::size_t sequence_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  const std::size_t length = lead < 0x80 ? 1 : lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead >= 0x80 && (lead < 0xc2 || lead > 0xf4)) return 0;
  if (at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xc0) != 0x80) return 0;
  }
  const unsigned char second = length > 1 ? byte(at + 1) : 0;
  const bool overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  const bool outside = (lead == 0xed && second > 0x9f) || (lead == 0xf4 && second > 0x8f);
  return overlong || outside ? 0 : length;
}

}  // namespace

std::chrono::milliseconds Invocation::remaining() const {
  const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  return std::chrono::milliseconds(deadline_ms) - now;
}

Response Response::success(std::string payload) { return {false, std::move(payload), ""}; }

Response Response::failure(std::string type, std::string message) {
  std::string payload = "{\"errorMessage\":" + json_quote(message) +
                        ",\"errorType\":" + json_quote(type) + ",\"stackTrace\":[]}";
  return {true, std::move(payload), std::move(type)};
}

std::string json_quote(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    const std::size_t length = sequence_length(text, at);
    if (length == 0) {
      out += "\\ufffd";
      ++at;
      continue;
    }
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += "\\u00";
      out += kDigits[static_cast<unsigned char>(c) >> 4];
      out += kDigits[static_cast<unsigned char>(c) & 15];
    } else {
      out += text.substr(at, length);
    }
    at += length;
  }
  return out + "\"";
}

int run(const Handler& handler) {
  return run(std::function<Handler()>([&handler] { return handler; }));
}

int run(const std::function<Handler()>& initialise) {
  const std::string address = runtime_api_address();
  if (address.empty()) {
    std::fputs("AWS_LAMBDA_RUNTIME_API is not set: this program runs inside AWS Lambda.\n", stderr);
    return 1;
  }
  try {
    RuntimeApi api(address);
    Handler handler;
    const Response initialised = guarded([&] {
      handler = initialise();
      return Response::success("");
    });
    if (initialised.failed) {
      std::fprintf(stderr, "init failed: %s\n", initialised.payload.c_str());
      api.init_error(initialised);
      return 1;
    }
    return serve(api, handler);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "Runtime API: %s\n", error.what());
    return 1;
  }
}

}  // namespace tandem::lambda_runtime

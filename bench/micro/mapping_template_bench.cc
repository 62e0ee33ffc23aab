// What a mapping template costs a request: one in the manner of the Serverless Framework's default
// for `integration: lambda`, with the headers of a browser.
#include <benchmark/benchmark.h>

#include "services/apigateway/mapping/json_path.h"
#include "services/apigateway/mapping/testing.h"

namespace tandem::apigateway::mapping {
namespace {

Request request() {
  Request made;
  made.path = {{"id", "42"}};
  made.querystring = {{"page", "1"}, {"sort", "it's"}};
  made.header.clear();
  for (const char* name :
       {"Accept", "Accept-Encoding", "Accept-Language", "Cache-Control", "Host", "Origin",
        "Referer", "User-Agent", "X-Amzn-Trace-Id", "X-Forwarded-For"}) {
    made.header[name] = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8";
  }
  made.body = R"({"id":"0b5c1a8e","text":"Buy milk and honey","checked":false,"tags":["a","b"]})";
  return made;
}

void BM_ParseTemplate(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Template::parse(kFrameworkTemplate));
}
BENCHMARK(BM_ParseTemplate);

void BM_RenderTemplate(benchmark::State& state) {
  const Request given = request();
  const auto parsed = Template::parse(kFrameworkTemplate);
  for (auto _ : state) {
    auto made = parsed.value().render(given.input());
    if (!made) state.SkipWithError("does not render");
    benchmark::DoNotOptimize(made);
  }
}
BENCHMARK(BM_RenderTemplate);

void BM_RenderPassThrough(benchmark::State& state) {
  const Request given = request();
  const auto parsed = Template::parse("$input.json('$')");
  for (auto _ : state) benchmark::DoNotOptimize(parsed.value().render(given.input()));
}
BENCHMARK(BM_RenderPassThrough);

void BM_JsonPath(benchmark::State& state) {
  const auto path = JsonPath::parse("$.tags[1]");
  const json::value document = json::parse(request().body);
  for (auto _ : state) benchmark::DoNotOptimize(path.value().evaluate(document));
}
BENCHMARK(BM_JsonPath);

}  // namespace
}  // namespace tandem::apigateway::mapping

# covermock serve, as small as its dependencies allow: docker build -t covermock . && docker run -p 127.0.0.1:8080:8080 covermock
FROM python:3.13-slim AS build
WORKDIR /src
COPY . .
RUN python -m venv /opt/covermock \
 && /opt/covermock/bin/pip install --no-cache-dir --require-hashes -r requirements/serve.txt -r requirements/redis.txt \
 && /opt/covermock/bin/pip install --no-cache-dir --no-deps --no-build-isolation . \
 && /opt/covermock/bin/pip uninstall --yes setuptools pip

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home covermock
COPY --from=build /opt/covermock /opt/covermock
ENV PATH=/opt/covermock/bin:$PATH PYTHONUNBUFFERED=1 COVERMOCK_HOST=0.0.0.0 COVERMOCK_PORT=8080
USER 10001
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=6s --start-period=5s CMD ["covermock", "ready", "http://127.0.0.1:8080", "--timeout", "5"]
# Beyond loopback the control API needs COVERMOCK_TOKEN; without one a new one is printed at the start.
ENTRYPOINT ["covermock"]
CMD ["serve"]
